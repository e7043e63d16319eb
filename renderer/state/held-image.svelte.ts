/** An image that was dropped while Try is open, waiting for that view. */
class HeldImage {
  file = $state.raw<File | null>(null);

  /** Returns it and forgets it. */
  take(): File | null {
    const { file } = this;
    this.file = null;
    return file;
  }
}

export const heldImage = new HeldImage();
