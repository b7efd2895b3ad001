// A page in React, in strict TypeScript. `npm run test:package` compiles it with the types of React 19 and renders it on the server.
import assert from 'node:assert/strict'
import { renderToString } from 'react-dom/server'
import { useNowPlaying, type Station } from 'fastify-icecast/react'

const nameOf = (station: Station | undefined): string => station?.name ?? 'One moment …'

function Page ({ id }: { id: string }) {
  const { station, stations, connection, retry } = useNowPlaying('/now-playing', { station: id, delay: 2000, sleep: true })
  return (
    <main onClick={retry}>
      <h1>{[nameOf(station), stations.size, connection.state].join()}</h1>
      <now-playing station={id} history={5} sleep='' class='player' key={id}>Radio Main</now-playing>
    </main>
  )
}

// @ts-expect-error A station is found by its id.
export const Wrong = () => <now-playing station={1} />

assert.match(renderToString(<Page id='main' />), /<h1>One moment …,0,connecting<\/h1><now-playing station="main" history="5" sleep="" class="player">Radio Main<\/now-playing>/)
