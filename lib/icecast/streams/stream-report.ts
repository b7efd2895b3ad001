import type { IncomingHttpHeaders } from 'node:http'
import { readMount } from '../documents/mount.ts'
import type { MountReport } from '../report.ts'
import type { StreamMetadata } from './stream-reader.ts'

/** The head of a stream, under the names that documents use. */
const FIELDS: ReadonlyArray<readonly [field: string, header: string]> = [
  ['server_type', 'content-type'],
  ['server_name', 'icy-name'],
  ['server_description', 'icy-description'],
  ['genre', 'icy-genre'],
  ['server_url', 'icy-url'],
  ['bitrate', 'icy-br'],
  ['audio_info', 'ice-audio-info']
]

/** The title of a mount, by what its stream says: null where it says nothing. */
export function titleOf (metadata: StreamMetadata): Pick<MountReport, 'title' | 'artist' | 'tags'> {
  const { artist, title, tags } = metadata
  // Comments without a title: the title before them has ended.
  return { title: title === null && artist === null ? '' : title, artist, tags }
}

/** What a stream says about its mount on a server without documents. Numbers of listeners are not known. */
export function describeStream (path: string, url: URL, live: boolean, headers: IncomingHttpHeaders, metadata: StreamMetadata | null): MountReport {
  const source = new Map(FIELDS.flatMap(([field, header]) => {
    const value = headers[header]
    // Several encoders send the bitrate twice: `128, 128`.
    return typeof value === 'string' ? [[field, field === 'bitrate' ? value.replace(/,.*/s, '') : value]] : []
  }))
  return {
    ...readMount(path, source),
    live,
    listenUrl: url.href,
    ...metadata !== null && titleOf(metadata)
  }
}

/**
 * A document's mount with what its stream says: the stream is believed, since it is followed where the document says less
 * or is later. Where both say the same, the document's fields stay: it may keep the artist apart.
 */
export function withStreamTitle (mount: MountReport, metadata: StreamMetadata): MountReport {
  const said = titleOf(metadata)
  const isSame = said.artist === null && said.title !== '' && said.title === joined(mount)
  // An empty title of a stream may only mean that it has none, where the document has one.
  const isLess = !said.title && !said.artist && Boolean(joined(mount))
  if (isSame || isLess) return { ...mount, tags: said.tags ?? mount.tags }
  return { ...mount, ...said, titleSince: null }
}

function joined ({ artist, title }: MountReport): string {
  return artist !== null && title !== null ? `${artist} - ${title}` : artist ?? title ?? ''
}
