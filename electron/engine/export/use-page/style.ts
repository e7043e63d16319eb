/** The page's whole style, that of the window and of reports: system fonts, a 4 px grid, light and dark. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #fff; --panel: #f6f7f8; --ink: #16191d; --quiet: #565d66; --line: #d5d9de;
  --edge: #868d98; --accent: #1f5fd6; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171a; --panel: #1c2024; --ink: #e9ecef; --quiet: #a3abb5;
  --line: #363c43; --edge: #727b88; --accent: #78a6ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 13px/1.5 system-ui, "Segoe UI", Roboto, sans-serif;
  font-variant-numeric: tabular-nums; }
main { max-width: 880px; margin: 0 auto; padding: 24px; }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 12px; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 40px 0 8px; padding-bottom: 4px; border-bottom: 1px solid var(--line); }
p { margin: 4px 0 8px; max-width: 76ch; } .needs { color: var(--quiet); }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 4px 12px 4px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { font-weight: 600; white-space: nowrap; } td { overflow-wrap: anywhere; }
.code { position: relative; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: 12px; margin: 0; overflow-x: auto;
  font: 12px/1.5 ui-monospace, Consolas, monospace; tab-size: 4; }
button { position: absolute; top: 8px; right: 8px; height: 28px; padding: 0 12px; border: 1px solid var(--edge);
  border-radius: 6px; background: var(--paper); color: inherit; font: inherit; cursor: pointer; }
button:hover { background: var(--panel); } :focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
ol { columns: 192px; padding-left: 24px; } li { overflow-wrap: anywhere; }
@media print { button { display: none; } main { max-width: none; } pre { white-space: pre-wrap; } }
`;
