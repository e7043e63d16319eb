import { buildApp } from './build-app.ts';

const built = await buildApp();
console.log(built.length > 0 ? `Built: ${built.join('; ')}.` : 'dist/ is up to date.');
