/** The default style of the element. A page overrides it with `::part()` and these custom properties. */
export const STYLE = ':host{display:block;overflow-wrap:anywhere}' +
  ':host([hidden]),[hidden]{display:none!important}' +
  '*{margin:0;padding:0}' +
  '[part~=box],li{display:grid;grid-template-columns:auto minmax(0,1fr);gap:var(--now-playing-gap,.4em 1em);align-items:center}' +
  'img{inline-size:var(--now-playing-artwork,5em);aspect-ratio:1;object-fit:cover;border-radius:var(--now-playing-radius,.4em)}' +
  '[part=history],[hidden]+div{grid-column:1/3}' +
  '[part~=title]{font-size:1.3em;font-weight:600}' +
  'progress{inline-size:100%;accent-color:var(--now-playing-live,#1f9d55)}' +
  // This is not `opacity`, which would also dim a colour that the page sets for these parts, and the dot.
  '[part~=status],[part=heading],time{font-size:.85em;color:color-mix(in srgb,currentColor 75%,#0000)}' +
  '[part~=status]:before{content:"";display:inline-block;padding:.3em;margin-inline-end:.5em;border-radius:1em;background:var(--now-playing-dot,#888)}' +
  '[part~=live]:before{background:var(--now-playing-live,#1f9d55)}' +
  '@media(prefers-reduced-motion:no-preference){[part~=new]{animation:new .5s}}' +
  '@keyframes new{from{opacity:0}}'
