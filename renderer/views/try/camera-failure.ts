/** What is wrong with the camera and what to do about it, by the name of what `getUserMedia` threw. */
export function explainCameraFailure(name: string): string {
  switch (name) {
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'No camera was found; connect one and try again, or choose a file.';
    case 'NotAllowedError':
    case 'SecurityError':
      return 'Decant may not use the camera; allow it in the system’s privacy settings and try again.';
    case 'NotReadableError':
    case 'AbortError':
      return 'The camera gives no picture, as when another program uses it; close that one and try again.';
    default:
      return 'The camera cannot be used here; choose a file instead.';
  }
}
