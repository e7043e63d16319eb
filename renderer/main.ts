import './ui/base.css';
import { mount } from 'svelte';
import { loadLocale } from 'wuchale/load-utils';
import '../locales/components.loader.js';
import '../locales/scripts.loader.js';
import { language } from './ui/language.ts';

const target = document.getElementById('app');
if (!target) throw new Error('index.html has no element "app".');
document.documentElement.lang = language;
await loadLocale(language);
// Not before: modules hold texts, which they look up when they are loaded.
const { default: App } = await import('./App.svelte');
mount(App, { target });
