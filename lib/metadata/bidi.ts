const CONTROL = /[\u202a-\u202e\u2066-\u2069]/g
const ISOLATE = /[\u2066-\u2068]/
const PDF = '\u202c'
const PDI = '\u2069'

/**
 * Removes the bidi embeddings, overrides and isolates that have no partner, paired as in UAX #9: an unclosed one would
 * reverse whatever a page shows after the title. A pair ends within the title, so it is kept; so are the marks U+200E,
 * U+200F and U+061C and the joiners, which affect no more than the letter beside them.
 */
export function pairBidi (text: string): string {
  const open: Array<{ at: number, isolate: boolean }> = []
  const unpaired = new Set<number>()
  let isolates = 0
  for (const { 0: control, index } of text.matchAll(CONTROL)) {
    if (control === PDF) {
      if (open.at(-1)?.isolate === false) open.pop()
      else unpaired.add(index)
    } else if (control !== PDI) {
      const isolate = ISOLATE.test(control)
      if (isolate) isolates++
      open.push({ at: index, isolate })
    } else if (isolates === 0) {
      unpaired.add(index)
    } else {
      // It also ends the embeddings that were opened inside its isolate.
      for (let last = open.pop(); last?.isolate === false; last = open.pop()) unpaired.add(last.at)
      isolates--
    }
  }
  for (const { at } of open) unpaired.add(at)
  return unpaired.size === 0 ? text : text.replace(CONTROL, (control, at: number) => unpaired.has(at) ? '' : control)
}
