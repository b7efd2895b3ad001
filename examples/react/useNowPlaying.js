import { useEffect, useState } from 'react'
import { nowPlaying } from 'fastify-icecast/client'

/**
 * Returns what a station is playing: `const { station, connection } = useNowPlaying('/now-playing', 'main')`.
 * `station` is undefined until it is known. While the connection is lost (see `connection.state`) it keeps its last value.
 */
export function useNowPlaying (src, id) {
  const [now, setNow] = useState({})
  useEffect(() => {
    const np = nowPlaying(src, { station: id })
    const take = () => setNow({ station: np.current, connection: np.connection })
    np.addEventListener('update', take)
    np.addEventListener('connection', take)
    take()
    return () => np.close()
  }, [src, id])
  return now
}
