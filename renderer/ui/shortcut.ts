/** A shortcut is written "Mod+Shift+E"; `Mod` is Ctrl, or ⌘ on a Mac. */
interface Keys {
  key: string;
  mod: boolean;
  shift: boolean;
  alt: boolean;
}

type Pressed = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>;

const NAMES: Readonly<Record<string, string>> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  ' ': 'Space',
};

export const IS_MAC = typeof navigator !== 'undefined' && navigator.platform.startsWith('Mac');

function parseShortcut(shortcut: string): Keys {
  const parts = shortcut.split(/\+(?=.)/);
  return {
    key: parts.at(-1)!,
    mod: parts.includes('Mod'),
    shift: parts.includes('Shift'),
    alt: parts.includes('Alt'),
  };
}

/** Whether the pressed keys match a shortcut. */
export function matchesShortcut(pressed: Pressed, shortcut: string, mac = IS_MAC): boolean {
  const { key, mod, shift, alt } = parseShortcut(shortcut);
  const held = mac ? pressed.metaKey : pressed.ctrlKey;
  const other = mac ? pressed.ctrlKey : pressed.metaKey;
  // A character like "?" needs Shift on some keyboards but not on others.
  const shiftMatters = /^[a-z0-9]$/i.test(key) || key.length > 1;
  return (
    pressed.key.toLowerCase() === key.toLowerCase() &&
    held === mod &&
    !other &&
    pressed.altKey === alt &&
    (!shiftMatters || pressed.shiftKey === shift)
  );
}

/** Writes a shortcut in the style of the platform: "Ctrl+Shift+E", "⇧⌘E". */
export function describeShortcut(shortcut: string, mac = IS_MAC): string {
  const { key, mod, shift, alt } = parseShortcut(shortcut);
  const name = NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);
  if (mac) return `${alt ? '⌥' : ''}${shift ? '⇧' : ''}${mod ? '⌘' : ''}${name}`;
  return [...(mod ? ['Ctrl'] : []), ...(alt ? ['Alt'] : []), ...(shift ? ['Shift'] : []), name].join('+');
}
