import { FST_ICECAST_BAD_DOCUMENT } from '../../errors.ts'

/** A page may begin with the three bytes of a byte order mark, here as Latin-1. */
const WEB_PAGE = /^(?:\u00EF\u00BB\u00BF)?\s*<(?:!doctype\s+html|html)\b/i
const OPENING_BYTES = 200

/** Another server, or a proxy, often answers 200 with a page to every address. The position of its first byte would not tell anybody. */
export function rejectWebPage (body: Buffer, document: string): void {
  if (WEB_PAGE.test(body.toString('latin1', 0, OPENING_BYTES))) throw new FST_ICECAST_BAD_DOCUMENT(document, 'it is a web page: check `url`, and the proxy in front of Icecast if there is one')
}
