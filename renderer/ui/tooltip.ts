import type { Attachment } from 'svelte/attachments';
import { describeShortcut } from './shortcut.ts';

const DELAY_MS = 450;
const GAP = 6;

let bubble: HTMLElement | undefined;

/** Shows a text and a shortcut beside an element while it is hovered or has keyboard focus. */
export function tooltip(text: string | undefined, shortcut?: string): Attachment<HTMLElement> {
  return (element) => {
    if (!text && !shortcut) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => place(element, text ?? '', shortcut), DELAY_MS);
    };
    const showForKeys = (): void => {
      if (element.matches(':focus-visible')) show();
    };
    const hide = (): void => {
      clearTimeout(timer);
      if (bubble?.matches(':popover-open')) bubble.hidePopover();
    };
    const hideOnEscape = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') hide();
    };
    element.addEventListener('pointerenter', show);
    element.addEventListener('focus', showForKeys);
    for (const type of ['pointerleave', 'pointerdown', 'blur']) element.addEventListener(type, hide);
    element.addEventListener('keydown', hideOnEscape);
    return () => {
      hide();
      element.removeEventListener('pointerenter', show);
      element.removeEventListener('focus', showForKeys);
      for (const type of ['pointerleave', 'pointerdown', 'blur']) element.removeEventListener(type, hide);
      element.removeEventListener('keydown', hideOnEscape);
    };
  };
}

function place(element: HTMLElement, text: string, shortcut: string | undefined): void {
  if (!element.isConnected) return;
  if (!bubble) {
    bubble = document.createElement('div');
    bubble.className = 'tooltip';
    bubble.popover = 'manual';
    // Its text is already in the element's accessible name and description.
    bubble.setAttribute('aria-hidden', 'true');
    document.body.append(bubble);
  }
  bubble.textContent = text;
  if (shortcut) {
    const keys = document.createElement('kbd');
    keys.textContent = describeShortcut(shortcut);
    bubble.append(keys);
  }
  bubble.showPopover();
  const target = element.getBoundingClientRect();
  const own = bubble.getBoundingClientRect();
  const below = target.bottom + GAP;
  const top = below + own.height > innerHeight ? target.top - GAP - own.height : below;
  const left = Math.min(Math.max(GAP, target.left + (target.width - own.width) / 2), innerWidth - own.width - GAP);
  bubble.style.top = `${top}px`;
  bubble.style.left = `${left}px`;
}
