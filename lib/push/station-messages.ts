import type { ListenersMessage, Station } from '../schemas.ts'
import type { StationChange } from '../state/published-state.ts'
import { EncodedMessage } from './encoded-message.ts'
import { EncodedUpdate } from './encoded-update.ts'

/** The messages about the current state of one station. */
export interface StationMessages {
  /** The whole station. */
  update: EncodedUpdate
  /** The numbers of listeners. */
  listeners: EncodedMessage
  /** The whole station at its last change of more than listener numbers. */
  updateWithoutListeners: EncodedUpdate
}

/** `previous`: the messages before this change, if any. */
export function messagesFor ({ version, station, isListenersOnly }: StationChange, previous: StationMessages | undefined): StationMessages {
  const update = new EncodedUpdate(version, station)
  return {
    update,
    listeners: new EncodedMessage(listenersMessage(version, station)),
    updateWithoutListeners: (isListenersOnly ? previous?.updateWithoutListeners : undefined) ?? update
  }
}

function listenersMessage (version: string, { id, listeners, mounts }: Station): ListenersMessage {
  return { type: 'listeners', version, station: id, listeners, mounts: Object.fromEntries(mounts.map(({ path, listeners }) => [path, listeners])) }
}
