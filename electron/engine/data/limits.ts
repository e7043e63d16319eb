/** More files than this are refused before they are listed. */
export const MAX_ENTRIES = 2_000_000;
/** Larger image files are not read. */
export const MAX_FILE_BYTES = 256 * 2 ** 20;
/** Images with more pixels are not decoded (a 150-megapixel camera still passes). */
export const MAX_PIXELS = 160_000_000;
/** No honest image file compresses like this; deflate's own bound is 1032. */
export const MAX_COMPRESSION_RATIO = 200;
/** Below this size a high ratio is harmless. */
export const RATIO_FREE_BYTES = 16 * 2 ** 20;
/** Folders inside folders, at most. */
export const MAX_DEPTH = 32;
/** Characters of a path inside an archive, at most. */
export const MAX_PATH_LENGTH = 1024;
/** Characters of a name in such a path, at most: as many as file systems allow. */
export const MAX_NAME_LENGTH = 255;
