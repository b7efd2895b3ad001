import { spawnSync } from 'node:child_process'

/** For tap's `skip`: why there is no ffmpeg. Where CI is set it must be there, so nothing is skipped. */
export function ffmpegMissing (): string | false {
  if (process.env['CI']) return false
  return spawnSync('ffmpeg', ['-version']).error ? 'ffmpeg is not installed (apt-get install ffmpeg)' : false
}
