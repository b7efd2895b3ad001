import type { onSendHookHandler } from 'fastify'
import { compressShared } from './compress.ts'
import { makePrivateIfCookie } from './private-if-cookie.ts'

/**
 * Makes an answer with a cookie private, and compresses shared bodies. It has to be the last `onSend` hook: the app's own
 * hooks, such as those of session plugins, set cookies, and expect the body uncompressed.
 */
export const finishResponse: onSendHookHandler = (request, reply, payload, done) => {
  makePrivateIfCookie(reply)
  done(null, compressShared(request, reply, payload))
}
