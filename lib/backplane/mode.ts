/**
 * What an instance does:
 *
 * - `starting`: nothing is known yet.
 * - `leading`: reads Icecast, publishes and writes to the backplane.
 * - `following`: publishes what the leader has written.
 * - `waiting`: has led, and may not publish until it is known who leads.
 * - `alone`: the backplane cannot be used: reads Icecast and publishes by itself, beginning from what was known.
 * - `closed`: does nothing.
 *
 * Each contact with the backplane tries to lead. What follows from the answer:
 *
 * | answer | from | to |
 * |---|---|---|
 * | this instance leads | any | `leading` (`Instance.#lead`) |
 * | another one leads, and its state can be shown | any | `following` (`#follow`) |
 * | another one leads, but has written nothing usable for 8 s | `starting`, `waiting` | `alone` |
 * | none at the first contact | `starting` | `alone` (`#fail`) |
 * | none for as long as a lease | any | `alone` (`#fail`, `#lapse`) |
 *
 * A leader is `waiting` as soon as another one leads, its write is refused, or it notices late that its lease has ended (`#suspend`).
 */
export type Mode = 'starting' | 'leading' | 'following' | 'waiting' | 'alone' | 'closed'
