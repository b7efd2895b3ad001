/** WebSocket close codes that the plugin sends (RFC 6455, section 7.4, and its IANA registry). */

/** The client sent more than a subscriber may send. */
export const MESSAGE_TOO_BIG = 1009

/**
 * The app is shutting down; the close reason carries the reconnection delay.
 * 1012 tells a client that the same address will work again, while 1001 (going away) is also what a browser sends when its
 * page is left. RFC 6455 itself does not list 1012, which was registered later, so that old clients (faye-websocket,
 * websocket-client before 1.0) report a protocol error. They are disconnected either way, and reconnect as after any error.
 */
export const SERVICE_RESTART = 1012

/** A limit was reached after the connection had been upgraded. */
export const TRY_AGAIN_LATER = 1013

/** The station or the address does not exist: HTTP's 404, in the range that RFC 6455 leaves to applications. */
export const NOT_FOUND = 4404
