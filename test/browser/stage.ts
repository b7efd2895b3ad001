import type { Test } from 'tap'
import { plays, scenario, until, type Scenario, type ScenarioOptions } from '../helpers/station.ts'
import { open, type Tab } from './chromium.ts'
import { pageAt, pages, type Content } from './pages.ts'

/** A backend with pages, a fake Icecast with one source, and a browser. */
export interface Stage extends Scenario {
  /** Sends a title as the encoder, and waits until the backend has it. */
  play: (title: string) => Promise<void>
  /** A listener opens a page. */
  open: (content?: Content, options?: Parameters<typeof open>[2]) => Promise<Tab>
}

export async function stage (t: Test, title: string, options: ScenarioOptions = {}): Promise<Stage> {
  const scene = await scenario(t, { ...options, after: pages })
  const { app, icecast, address } = scene
  icecast.source('/main.mp3', { name: 'Radio Main' })
  const play = async (title: string): Promise<void> => {
    icecast.title('/main.mp3', title)
    await until(app, plays(title))
  }
  await play(title)
  return { ...scene, play, open: async (content, options) => await open(t, pageAt(address, content), options) }
}
