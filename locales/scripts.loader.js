import { registerLoaders } from 'wuchale/load-utils';
import { loadCatalog, loadIDs } from './.wuchale/scripts.proxy.js';

/** Where transformed modules get their texts; empty until `loadLocale` is done. */
export const getRuntime = registerLoaders('scripts', loadCatalog, loadIDs);
/** The page is loaded anew when the language changes. */
export const getRuntimeRx = getRuntime;
