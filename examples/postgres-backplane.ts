// A backplane on PostgreSQL, for several instances of an app that have a PostgreSQL but no Redis. Copy it into your project, where
// '../index.ts' is 'fastify-icecast', and run SCHEMA once, for example in a migration:
//
//   const backplane = postgresBackplane({ connection: { connectionString: process.env.DATABASE_URL }, name: 'radio' })
//   await app.register(fastifyIcecast, { url: 'http://localhost:8000', backplane })
//
// It opens two connections, which have to be to the primary server: a replica lags and has no NOTIFY. A pooler such as PgBouncer
// has to be in session mode, since LISTEN belongs to a session.
import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { Client, Pool, type ClientConfig } from 'pg'
import type { Backplane, BackplaneListener } from '../index.ts'

export const SCHEMA = `
CREATE TABLE IF NOT EXISTS now_playing_state (
  name text PRIMARY KEY,
  term bigint NOT NULL,            -- of the last leader
  holder uuid NOT NULL,            -- the last leader
  expires_at timestamptz NOT NULL, -- until when it leads, by the clock of the database
  written bigint,                  -- the term of the leader that wrote the head
  head text
);
CREATE TABLE IF NOT EXISTS now_playing_stations (
  name text REFERENCES now_playing_state ON DELETE CASCADE,
  id text,
  content text NOT NULL,
  PRIMARY KEY (name, id)
);`

export interface PostgresBackplaneOptions {
  /** Where the database is, as for a `Client` of `pg`. */
  connection: ClientConfig
  /** Instances with the same name belong together. */
  name: string
}

const CONNECT_TIMEOUT_MS = 1000
/** PostgreSQL cancels a statement after this time, so that nothing is written after it was given up here. */
const STATEMENT_TIMEOUT_MS = 900
const QUERY_TIMEOUT_MS = 1000
/** How often it is checked that the connection for hints is not half-open. */
const CHECK_INTERVAL_MS = 3000
const MIN_RECONNECT_DELAY_MS = 100
const MAX_RECONNECT_DELAY_MS = 500
const CLOSE_TIMEOUT_MS = 800

/**
 * $1 the name, $2 this instance, $3 for how many ms, $4 the highest term that this instance knows.
 * An own lease that is not over keeps its term, unless it comes from an old dump. A new term is at least the database's clock in
 * ms, so that it also rises when the tables were emptied. Of two that try at the same time, the second one waits for the row.
 */
const LEAD = `
INSERT INTO now_playing_state AS state (name, holder, expires_at, term)
VALUES ($1, $2, clock_timestamp() + $3 * interval '1 ms', greatest($4::bigint + 1, floor(extract(epoch FROM clock_timestamp()) * 1000)))
ON CONFLICT (name) DO UPDATE SET
  holder = excluded.holder,
  expires_at = clock_timestamp() + $3 * interval '1 ms',
  term = CASE
    WHEN state.holder = excluded.holder AND state.expires_at > clock_timestamp() AND state.term >= $4::bigint THEN state.term
    ELSE greatest(state.term + 1, excluded.term)
  END
WHERE state.holder = excluded.holder OR state.expires_at <= clock_timestamp()
RETURNING term`

/** $1 the name, $2 this instance, $3 the channel, $4 the hint. */
const LEAVE = `
WITH ended AS (
  UPDATE now_playing_state SET expires_at = '-infinity' WHERE name = $1 AND holder = $2 AND expires_at > clock_timestamp() RETURNING name
)
SELECT pg_notify($3, $4) FROM ended`

/**
 * $1 the name, $2 the term, $3 the head, $4 the ids that are removed, $5 and $6 the ids and contents that are stored, $7 the
 * channel, $8 the hint. One statement, and so one transaction. Any term but that of the last leader stores nothing: another
 * instance has led, or the tables were emptied. The hint is sent when the transaction is over.
 */
const WRITE = `
WITH written AS (
  UPDATE now_playing_state SET head = $3, written = $2 WHERE name = $1 AND term = $2 RETURNING name
), removed AS (
  DELETE FROM now_playing_stations USING written WHERE now_playing_stations.name = written.name AND id = ANY ($4::text[])
), stored AS (
  INSERT INTO now_playing_stations (name, id, content)
  SELECT written.name, changed.id, changed.content FROM written, unnest($5::text[], $6::text[]) AS changed (id, content)
  ON CONFLICT (name, id) DO UPDATE SET content = excluded.content
)
SELECT pg_notify($7, $8) FROM written`

/** $1 the name, $2 the ids, or null for all. One statement sees one moment. */
const READ = `
SELECT written, head, (
  SELECT json_object_agg(id, content) FROM now_playing_stations WHERE name = $1 AND ($2::text[] IS NULL OR id = ANY ($2))
) AS stations
FROM now_playing_state WHERE name = $1 AND head IS NOT NULL`

export function postgresBackplane ({ connection, name }: PostgresBackplaneOptions): Backplane {
  const holder = randomUUID()
  // The name of a channel has at most 63 bytes.
  const channel = `now_playing_${createHash('sha256').update(name).digest('hex').slice(0, 32)}`
  const closing = new AbortController()
  const config: ClientConfig = {
    ...connection,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS
  }
  // One connection: statements are executed in the order of the calls. An idle one does not keep the process running.
  const pool = new Pool({ ...config, max: 1, allowExitOnIdle: true })
  // A connection that breaks while it is idle is replaced at the next query.
  pool.on('error', () => {})
  let subscription: Client | null = null
  let highestTerm = 0
  let ended: Promise<unknown> | null = null

  /** Opens the connection that receives hints. */
  async function subscribe ({ onHint }: BackplaneListener): Promise<Client> {
    const client = new Client(config)
    // The end of the connection follows each error.
    client.on('error', () => {})
    client.on('notification', ({ payload = '' }) => { if (!closing.signal.aborted) onHint(payload) })
    subscription = client
    try {
      await client.connect()
      await client.query(`LISTEN ${channel}`)
      closing.signal.throwIfAborted()
      return client
    } catch (error) {
      client.connection.stream.destroy()
      throw error
    }
  }

  /** Resolves when the connection has ended, or no longer answers. */
  async function watch (client: Client): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setInterval(() => { client.query('SELECT').catch(() => client.connection.stream.destroy()) }, CHECK_INTERVAL_MS)
      client.once('end', () => {
        clearInterval(timer)
        resolve()
      })
    })
  }

  /** Replaces the connection for hints each time that it ends. */
  async function keepListening (first: Client, listener: BackplaneListener): Promise<void> {
    let client: Client | null = first
    while (!closing.signal.aborted) {
      if (client !== null) await watch(client)
      // All instances have lost it at the same time.
      await wait(MIN_RECONNECT_DELAY_MS + Math.random() * (MAX_RECONNECT_DELAY_MS - MIN_RECONNECT_DELAY_MS), null, { signal: closing.signal })
      client = await subscribe(listener).catch(() => null)
      if (client !== null) listener.onLost()
    }
  }

  /** Terms that this instance knows are not given again, even if the database has forgotten them. */
  function seen (term: unknown): number {
    highestTerm = Math.max(highestTerm, Number(term))
    return Number(term)
  }

  return {
    async lead (ms) {
      const { rows: [lease] } = await pool.query(LEAD, [name, holder, Math.ceil(ms), highestTerm])
      return lease === undefined ? null : seen(lease.term)
    },

    async leave () {
      await pool.query(LEAVE, [name, holder, channel, 'leave'])
    },

    async write (term, { head, stations }, hint) {
      const removed: string[] = []
      const ids: string[] = []
      const contents: string[] = []
      for (const [id, content] of stations) {
        if (content === null) {
          removed.push(id)
        } else {
          ids.push(id)
          contents.push(content)
        }
      }
      const { rowCount } = await pool.query(WRITE, [name, term, head, removed, ids, contents, channel, hint])
      return rowCount === 1
    },

    async read (ids) {
      const { rows: [state] } = await pool.query(READ, [name, ids ?? null])
      return state === undefined ? null : { term: seen(state.written), head: state.head, stations: new Map(Object.entries(state.stations ?? {})) }
    },

    async listen (listener) {
      // A rejection of the wait: it was closed.
      keepListening(await subscribe(listener), listener).catch(() => {})
    },

    async tell (text) {
      await pool.query('SELECT pg_notify($1, $2)', [channel, text])
    },

    async close () {
      closing.abort()
      subscription?.connection.stream.destroy()
      ended ??= pool.end()
      await Promise.race([ended, wait(CLOSE_TIMEOUT_MS, null, { ref: false })])
    }
  }
}
