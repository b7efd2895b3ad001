import { test } from 'tap'
import { describeStream, withStreamTitle } from '../../../lib/icecast/streams/stream-report.ts'
import { mount } from '../../stations/helper.ts'

test('the head of a stream describes its mount', async (t) => {
  const headers = {
    'content-type': 'application/ogg',
    'icy-name': 'Radio',
    'icy-description': 'All day',
    'icy-genre': 'Pop',
    'icy-url': 'https://radio.example',
    'icy-br': '96, 96',
    'ice-audio-info': 'ice-bitrate=64'
  }
  const url = new URL('http://localhost:8000/a')
  t.match(describeStream('/a', url, true, headers, { artist: 'A', title: 'B', tags: { album: 'C' } }), {
    path: '/a',
    live: true,
    title: 'B',
    artist: 'A',
    tags: { album: 'C' },
    name: 'Radio',
    description: 'All day',
    genre: 'Pop',
    url: 'https://radio.example',
    listenUrl: 'http://localhost:8000/a',
    contentType: 'application/ogg',
    codec: null,
    bitrate: 96,
    listeners: null,
    listenerPeak: null
  })
  t.match(describeStream('/a', url, false, { 'icy-name': 'no name', 'ice-audio-info': 'ice-bitrate=64' }, null), { live: false, title: null, name: null, bitrate: 64 })
})

const said = (artist: string | null, title: string | null, tags: Record<string, string> | null = null) => ({ artist, title, tags })

test('the stream of a mount is believed, unless the document says the same or more', async (t) => {
  for (const [document, stream, expected] of [
    [said(null, null), said('A', 'B', { album: 'C' }), said('A', 'B', { album: 'C' })],
    [said(null, 'Old'), said(null, 'New'), said(null, 'New')],
    [said('A', 'B'), said(null, 'A - B', { url: 'C' }), said('A', 'B', { url: 'C' })],
    [said('A', 'B', { album: 'C' }), said(null, 'A - B'), said('A', 'B', { album: 'C' })],
    [said(null, 'A'), said(null, ''), said(null, 'A')],
    [said(null, 'A'), said(null, null), said(null, 'A')],
    [said(null, null), said(null, null), said(null, '')],
    [said('A', null), said('B', null), said('B', null)]
  ] as const) {
    const { artist, title, tags } = withStreamTitle(mount('/a', { ...document, titleSince: '2026-11-22T05:00:00.000Z' }), stream)
    t.same({ artist, title, tags }, expected, JSON.stringify([document, stream]))
  }
})
