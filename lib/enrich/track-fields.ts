/**
 * The fields that your `enrich` handler adds to tracks, declared once for your whole app:
 *
 *     declare module 'fastify-icecast' {
 *       interface TrackFields extends Partial<Static<typeof Fields>> {}
 *     }
 */
// It is an interface because module augmentation needs one.
export interface TrackFields {}
