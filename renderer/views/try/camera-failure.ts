/** Explains what is wrong with the camera and what to do. @param name name of the error that `getUserMedia` threw */
export function explainCameraFailure(name: string): string {
  switch (name) {
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'No camera found. Connect one and try again, or choose a file.';
    case 'NotAllowedError':
    case 'SecurityError':
      return 'Decant is not allowed to use the camera. Allow it in the system’s privacy settings and try again.';
    case 'NotReadableError':
    case 'AbortError':
      return 'The camera delivers no picture. Another program may be using it; close that program and try again.';
    default:
      return 'The camera is not available here. Choose a file instead.';
  }
}
