import { useEffect, useState } from 'react'
import { nowPlaying } from 'fastify-icecast/client'

/**
 * Follows a station: `const { station, connection } = useNowPlaying('/now-playing', 'main')`. `station` is undefined until
 * a state is received, and keeps its last value while `connection.state` is not `open`. All components with the same
 * `src` share one connection.
 */
export function useNowPlaying (src, id) {
  const [now, setNow] = useState({})
  useEffect(() => {
    const np = nowPlaying(src, { station: id })
    const update = () => setNow({ station: np.current, connection: np.connection })
    np.addEventListener('update', update)
    np.addEventListener('connection', update)
    update()
    return () => np.close()
  }, [src, id])
  return now
}
