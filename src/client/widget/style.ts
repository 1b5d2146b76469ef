/**
 * The launcher's looks, as a constructed style sheet: a strict CSP on the site forbids `<style>`, but not this.
 *
 * @module
 */

/** Below this width the panel fills the screen. */
export const PHONE_QUERY = "(max-width: 30rem)";

const CSS = `
:host{all:initial;position:fixed;z-index:2147483000;inset:auto 0 0 0;height:0;color-scheme:light dark;
font:500 16px/1.4 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
@media print{:host{display:none}}
*{box-sizing:border-box}
[hidden]{display:none!important}
.launcher{position:fixed;bottom:max(1.25rem,env(safe-area-inset-bottom));inset-inline-end:1.25rem;width:3.6rem;height:3.6rem;
display:grid;place-items:center;padding:0;border:0;border-radius:1.3rem;background:var(--c);color:var(--t);cursor:pointer;
box-shadow:0 2px 6px rgb(0 0 0/18%),0 8px 24px rgb(0 0 0/16%);transition:transform .18s,box-shadow .18s}
.launcher:hover{transform:translateY(-2px);box-shadow:0 4px 10px rgb(0 0 0/20%),0 12px 32px rgb(0 0 0/18%)}
.launcher:active{transform:scale(.96)}
:focus-visible{outline:3px solid var(--c);outline-offset:3px}
svg{width:1.75rem;height:1.75rem;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
.badge{position:absolute;top:-.35rem;inset-inline-end:-.35rem;min-width:1.45rem;height:1.45rem;padding:0 .35rem;border-radius:1rem;
background:#b3261e;color:#fff;font-size:.8rem;font-weight:650;line-height:1.45rem;text-align:center;box-shadow:0 0 0 2px Canvas}
.panel{position:fixed;bottom:calc(max(1.25rem,env(safe-area-inset-bottom)) + 4.5rem);inset-inline-end:1.25rem;
width:min(25rem,calc(100vw - 2.5rem));height:min(42rem,calc(100dvh - 7.5rem));display:flex;border-radius:1.25rem;overflow:hidden;
background:Canvas;color:CanvasText;box-shadow:0 0 0 1px rgb(0 0 0/8%),0 12px 48px rgb(0 0 0/24%);
transition:opacity .2s,transform .2s,visibility .2s;transform-origin:bottom right}
.bare .panel{bottom:max(1.25rem,env(safe-area-inset-bottom));height:min(42rem,calc(100dvh - 2.5rem))}
.start .launcher,.start .panel{inset-inline:1.25rem auto}
.panel.closed{opacity:0;visibility:hidden;transform:translateY(.6rem) scale(.98);pointer-events:none}
iframe{flex:1;border:0;width:100%;height:100%;color-scheme:light dark}
.cover{position:absolute;inset:0;display:flex;flex-direction:column;align-items:center;justify-content:center;gap:1.2rem;
padding:3.5rem 2rem;background:Canvas;text-align:center}
.cover p{margin:0;font-weight:400;text-wrap:balance}
.cover a{padding:.65rem 1.2rem;border-radius:1rem;background:var(--c);color:var(--t);text-decoration:none}
.cover a:hover{text-decoration:underline}
.close{position:absolute;top:.6rem;inset-inline-end:.6rem;width:2.75rem;height:2.75rem;display:grid;place-items:center;padding:0;
border:0;border-radius:.8rem;background:none;color:inherit;cursor:pointer}
.close:hover{background:rgb(128 128 128/16%)}
.waiting::after{content:"";width:2rem;height:2rem;border:3px solid rgb(128 128 128/30%);border-top-color:var(--c);border-radius:50%;
opacity:0;animation:turn 1s linear .4s infinite}
@keyframes turn{0%{opacity:1}to{opacity:1;transform:rotate(1turn)}}
@media ${PHONE_QUERY}{
.panel,.bare .panel,.start .panel{inset:var(--top,0) 0 auto 0;width:100vw;height:var(--height,100dvh);border-radius:0}
.open .launcher{visibility:hidden}}
@media(prefers-reduced-motion:reduce){*{transition-duration:.01ms!important}.waiting::after{opacity:1;animation:none}}
@media(forced-colors:active){.launcher,.panel,.badge,.cover a{border:2px solid CanvasText}}
`;

/** Makes the style sheet. */
export function widgetSheet(): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  return sheet;
}
