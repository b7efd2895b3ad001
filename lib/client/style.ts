/** How the element looks, unless the page says otherwise: by its parts and these custom properties. */
export const STYLE = `
:host{display:block;overflow-wrap:anywhere}
:host([hidden]),[hidden]{display:none!important}
p,ol{margin:0;padding:0;list-style:none}
[part~=box]{display:grid;grid-template-columns:auto minmax(0,1fr);gap:var(--now-playing-gap,.75em 1em);align-items:center}
[part=artwork]{inline-size:var(--now-playing-artwork,5em);aspect-ratio:1;object-fit:cover;border-radius:var(--now-playing-radius,.4em)}
[part=text]{grid-column:2}
[part=history]{grid-column:1/-1}
[part~=title]{font-size:1.3em;font-weight:600;line-height:1.25}
[part~=status],[part=heading],[part=time]{font-size:.85em;opacity:.75}
[part~=status]:before{content:'';display:inline-block;inline-size:.6em;block-size:.6em;margin-inline-end:.5em;border-radius:50%;background:var(--now-playing-dot,currentColor)}
[part~=live]:before{background:var(--now-playing-live,#1f9d55)}
[part=past]{display:grid;grid-template-columns:auto minmax(0,1fr);gap:.75em;align-items:baseline;padding-block:.3em}
[part=said]{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%)}
@media(prefers-reduced-motion:no-preference){[part~=new]{animation:new .5s}}
@keyframes new{from{opacity:0;transform:translateY(.2em)}}`
