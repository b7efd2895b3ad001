import type { Bytes } from './bytes.ts'
import type { Node } from './statistics.ts'

export interface Stylesheet {
  /** The names that it leaves out, by the element in which they stand. */
  hidden: Record<string, RegExp>
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
  if (nodes.length > 1 && nodes.every(([name]) => name === nodes[0]?.[0])) return array(nodes, sheet)
  return nodes.map((node, i) => {
    const [name] = node
    const isLast = i === nodes.length - 1
    if (sheet.hidden[parent]?.test(name)) return isLast ? '"dummy":null}' : ''
    const same = nodes.filter(([other]) => other === name)
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

/** Other control characters stay raw, which is not JSON. */
function quote (text: Bytes): Bytes {
  return `"${text.replace(/[\\"\t\n\r]/g, char => JSON.stringify(char).slice(1, -1))}"`
}
