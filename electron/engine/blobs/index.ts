export { BlobStore, isBlobHash } from './blob-store.ts';
