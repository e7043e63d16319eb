/** An image dropped on the window while Try is open, for that view to take. */
class HeldImage {
  file = $state.raw<File | null>(null);

  /** Gives it and lets it go. */
  take(): File | null {
    const { file } = this;
    this.file = null;
    return file;
  }
}

export const heldImage = new HeldImage();
