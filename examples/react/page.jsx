// Shows what a station is playing, in React.
//
//   npm run example:react        requires a backend: run `npm start` in another terminal first
import { createRoot } from 'react-dom/client'
import { useNowPlaying } from 'fastify-icecast/react'

const SRC = new URLSearchParams(window.location.search).get('src') ?? 'http://127.0.0.1:3000/now-playing'

function NowPlaying ({ station: id }) {
  const { station, connection } = useNowPlaying(SRC, { station: id })
  if (station === undefined) return <p>One moment …</p>
  return (
    <section>
      <h1>{station.name}</h1>
      {connection.state !== 'open' && <small>Reconnecting …</small>}
      <p aria-live='polite' dir='auto'>{station.track?.text ?? 'No title'}</p>
      <ol>{station.history.map(({ id, text }) => <li key={id}><bdi>{text}</bdi></li>)}</ol>
    </section>
  )
}

createRoot(document.getElementById('root')).render(<NowPlaying />)
