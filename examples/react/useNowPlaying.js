import { useEffect, useState } from 'react'
import { nowPlaying } from 'fastify-icecast/client'

/**
 * What a station is playing: `const { station, connection } = useNowPlaying('/now-playing', 'main')`.
 * `station` is undefined until it is known, and stays when the line is down, which `connection.state` tells.
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
