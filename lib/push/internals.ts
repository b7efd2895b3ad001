import { executionAsyncResource } from 'node:async_hooks'
import { Server, ServerResponse } from 'node:http'
import type { Server as NetServer } from 'node:net'
import type { Duplex } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { WebSocket } from 'ws'

// Everything that relies on undocumented behavior of Node, Fastify, `ws` or @fastify/websocket. Each function has a test in
// test/push/internals.test.ts that fails when a new version behaves differently.

/** The object that `keepNextTickFast` keeps. */
export const keptTicks: object[] = []

/**
 * Keeps `process.nextTick` fast for the whole process. V8 optimizes it for the shape of the object that it creates for each
 * call, and holds that shape weakly. A full garbage collection that finds no such object frees the shape, and `nextTick` stays
 * slow from then on: each HTTP response takes a quarter more CPU time (measured with Node 20, 22 and 24). Keeping one
 * object prevents this.
 */
export function keepNextTickFast (): void {
  process.nextTick(() => { keptTicks[0] = executionAsyncResource() })
}

/**
 * The response that currently owns a socket of a Node HTTP server, or null.
 * Node has no public way to tell whether an upgrade request was pipelined behind a response that is not finished.
 */
export function responseOnSocket (socket: Duplex): ServerResponse | null {
  return '_httpMessage' in socket && socket._httpMessage instanceof ServerResponse ? socket._httpMessage : null
}

/**
 * Releases the response that @fastify/websocket 11 creates for each upgrade and keeps attached to the socket. Otherwise the
 * response, and with it the request and the reply, stay in memory for as long as the WebSocket is open.
 */
export function detachUpgradeResponse (response: ServerResponse): void {
  const { socket } = response
  // One tick later: a second @fastify/websocket in a sibling scope checks in this tick whether the upgrade was handled.
  if (socket !== null) process.nextTick(() => response.detachSocket(socket))
}

/**
 * Removes the `error` listener of @fastify/websocket. Its closure holds the request and the reply, which would stay in memory
 * for as long as the connection is open. The caller has to add a listener of its own at once.
 */
export function removeErrorListeners (webSocket: WebSocket): void {
  webSocket.removeAllListeners('error')
}

/**
 * Takes a WebSocket out of `websocketServer.clients`. Other routes of the app may broadcast to that set, and
 * @fastify/websocket closes all of its members at shutdown without a code. `ws` documents the set, but not its removal of members.
 */
export function removeFromClients (app: FastifyInstance, webSocket: WebSocket): void {
  // Undefined when the app has set `clientTracking: false`.
  app.websocketServer.clients?.delete(webSocket)
}

/**
 * Discards everything that a client still sends, and closes the connection once what was written has been sent. `ws` reads
 * from its socket by a `data` listener; without this it would collect a message of up to the app's own `maxPayload`.
 */
export function discardIncomingData (socket: Duplex): void {
  socket.removeAllListeners('data').resume().end()
}

/**
 * Passed to @fastify/websocket as `server`, so that it does not listen on the app's server. `UpgradeRouter` passes its
 * upgrades on.
 */
export function serverWithoutUpgrades (): Server {
  return new Server()
}

/** The servers that Fastify has opened beside `app.server`, one for each further address of `localhost`. */
export function secondaryServers (app: FastifyInstance): readonly NetServer[] {
  for (let instance: object | null = app; instance !== null; instance = Reflect.getPrototypeOf(instance)) {
    const symbol = Object.getOwnPropertySymbols(instance).find(({ description }) => description === 'fastify.serverBindings')
    if (symbol !== undefined) return Reflect.get(instance, symbol) as NetServer[]
  }
  return []
}
