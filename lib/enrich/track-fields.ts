/**
 * What your `enrich` hook adds to tracks, declared once for your whole app:
 *
 *     declare module 'fastify-icecast' {
 *       interface TrackFields extends Partial<Static<typeof Fields>> {}
 *     }
 */
// An interface, since it is one that apps add to.
export interface TrackFields {}
