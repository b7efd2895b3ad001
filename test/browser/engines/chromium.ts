import { chromiumMissing } from '../chromium.ts'
import { openWindow } from '../window.ts'
import type { Engine } from './engine.ts'

/** Chromium by its own protocol. */
export const chromium: Engine = {
  name: 'Chromium',
  missing: chromiumMissing(),
  start: async (t) => ({ open: async (url) => await openWindow(t, url) })
}
