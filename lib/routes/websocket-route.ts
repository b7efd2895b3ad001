import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyRequest, preHandlerHookHandler } from 'fastify'
import type { WebSocket } from 'ws'
import { detachUpgradeResponse, removeFromClients } from '../push/internals.ts'
import type { Selection } from '../push/selection.ts'
import { closeOverLimit, rejectOverLimit, type Admission } from './reject-over-limit.ts'
import { subscribe, type SubscribeContext } from './subscribe.ts'

/** Turns upgraded requests into subscribers. */
export class WebSocketRoute {
  readonly #app: FastifyInstance
  readonly #context: Admission & SubscribeContext
  /** The responses of requests for an upgrade, by request. */
  readonly #responses = new WeakMap<object, ServerResponse>()

  constructor (app: FastifyInstance, context: Admission & SubscribeContext) {
    this.#app = app
    this.#context = context
  }

  /**
   * Rejects a subscriber before the upgrade. It has to be the last `preHandler`: the app's own checks come first, and while
   * they wait, others could take the last places.
   */
  readonly admit: preHandlerHookHandler = (request, reply, done) => {
    if (!request.ws) return done()
    if (rejectOverLimit(request, reply, this.#context)) return
    this.#responses.set(request.raw, reply.raw)
    done()
  }

  /** Adds a subscriber, or closes the WebSocket if a limit was reached meanwhile. */
  accept (webSocket: WebSocket, request: FastifyRequest, selection: Selection): void {
    removeFromClients(this.#app, webSocket)
    if (closeOverLimit(request, webSocket, this.#context)) return
    const response = this.#responses.get(request.raw)
    const socket = response?.socket
    if (response !== undefined && socket) {
      detachUpgradeResponse(response)
      subscribe(webSocket, socket, request, selection, this.#context)
    }
  }
}
