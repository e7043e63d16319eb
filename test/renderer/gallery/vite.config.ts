import { fileURLToPath } from 'node:url';
import { mergeConfig } from 'vite';
import { inEnglish } from '../../../renderer/vite.config.ts';

/** The kit and the charts on pages of their own, built as the window is. */
export default mergeConfig(inEnglish, { root: fileURLToPath(new URL('.', import.meta.url)) });
