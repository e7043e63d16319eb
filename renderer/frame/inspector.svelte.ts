class Inspector {
  open = $state(true);

  toggle(): void {
    this.open = !this.open;
  }
}

/** Whether the panel on the right is shown where a view has something for it. */
export const inspector = new Inspector();
