const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/iPhone/, 'iPhone'],
  [/iPad/, 'iPad'],
  [/Android [^;)]*; (?!K\b|wv\b|Mobile\b|Tablet\b)([^;)]{2,40}?)(?: Build\/[^;)]*)?[;)]/, '$1'],
  [/Android.*Mobile/, 'Android phone'],
  [/Android/, 'Android tablet'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'Mac'],
  [/CrOS/, 'Chromebook'],
  [/Linux/, 'Linux'],
];
const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/SamsungBrowser\/(\d+)/, 'Samsung Internet $1'],
  [/(?:EdgA|EdgiOS|Edg)\/(\d+)/, 'Edge $1'],
  [/(?:Firefox|FxiOS)\/(\d+)/, 'Firefox $1'],
  [/(?:HeadlessChrome|Chrome|CriOS)\/(\d+)/, 'Chrome $1'],
  [/Version\/(\d+)[.\d]* .*Safari/, 'Safari $1'],
];

/** A name for a device to begin with, from what its browser says: "Android phone, Chrome 131". */
export function nameDevice(userAgent: string): string {
  const find = (table: typeof SYSTEMS): string | null => {
    for (const [pattern, name] of table) {
      const found = pattern.exec(userAgent);
      if (found) return name.replace('$1', found[1]?.trim() ?? '');
    }
    return null;
  };
  return [find(SYSTEMS) ?? 'Phone', find(BROWSERS)]
    .filter((part) => part !== null)
    .join(', ')
    .slice(0, 60);
}
