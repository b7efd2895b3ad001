/** For what a callback has thrown: it is no fault of the server's, and nobody else is there to be told. */
export function complain (error: unknown): void {
  process.emitWarning(error instanceof Error ? error : new Error(String(error)))
}
