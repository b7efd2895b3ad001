import type { Bytes } from './bytes.ts'
import type { Node } from './statistics.ts'

export interface Stylesheet {
  /** What it leaves out. */
  isHidden: (name: string, parent: string) => boolean
  /** How it prints text that it takes for a number; null for text that it does not. */
  number: (text: Bytes) => Bytes | null
}

/**
 * What the stylesheet behind `status-json.xsl` makes of the statistics. It guesses types from the text and makes an array
 * of what has one name. It counts on the first and the last name of an object being shown, hence the `"dummy":null`, and
 * the brace that is missing while a 2.4 starts.
 */
export function statusJson (stats: Node[], sheet: Stylesheet): Bytes {
  return `{"icestats":${composite(stats, 'icestats', sheet)}}`
}

function composite (nodes: Node[], parent: string, sheet: Stylesheet): Bytes {
  const named = new Map<string, Node[]>()
  for (const node of nodes) named.set(node[0], [...named.get(node[0]) ?? [], node])
  if (named.size === 1 && nodes.length > 1) return array(nodes, sheet)
  return nodes.map((node, i) => {
    const [name] = node
    const isLast = i === nodes.length - 1
    if (sheet.isHidden(name, parent)) return isLast ? '"dummy":null}' : ''
    const same = named.get(name) ?? []
    const shown = same.at(-1) !== node
      ? ''
      : `${quote(name)}:${same.length > 1 ? array(same, sheet) : value(node, sheet)}${isLast ? '' : ','}`
    return `${i === 0 ? '{' : ''}${shown}${isLast ? '}' : ''}`
  }).join('')
}

function array (nodes: Node[], sheet: Stylesheet): Bytes {
  return `[${nodes.map(node => value(node, sheet)).join(',')}]`
}

function value ([name, content]: Node, sheet: Stylesheet): Bytes {
  if (typeof content !== 'string') return content.length === 0 ? 'null' : composite(content, name, sheet)
  if (/^[ \t\r\n]*$/.test(content)) return 'null'
  if (/^(?:true|false)$/i.test(content)) return content.toLowerCase()
  return sheet.number(content) ?? quote(content)
}

const ESCAPES: Record<string, string> = { '\\': '\\\\', '"': '\\"', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/** Other control characters stay raw, which is not JSON. */
function quote (text: Bytes): Bytes {
  return `"${text.replace(/[\\"\t\n\r]/g, char => ESCAPES[char] ?? '')}"`
}
