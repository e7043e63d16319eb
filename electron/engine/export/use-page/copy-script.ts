/**
 * What the page's buttons do: each copies the program beside it, and says so. Where the clipboard is out of reach, the program is
 * selected instead. The buttons are hidden until the script runs, so that none is there that does nothing.
 */
export const COPY_SCRIPT = `
for (const button of document.querySelectorAll('button')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const code = button.parentElement.querySelector('code');
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = ${JSON.stringify('Copied')};
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = ${JSON.stringify('Selected: press Ctrl+C or ⌘C')};
    }
    setTimeout(() => { button.textContent = ${JSON.stringify('Copy')}; }, 2000);
  });
}
`;
