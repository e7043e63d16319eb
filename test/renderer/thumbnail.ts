/** A drawn flower, different for each image: what the test's server gives where the app gives thumbnails. */
export function drawThumbnail(image: number): string {
  const hue = (Math.floor(image / 20) * 47) % 360;
  const petals = 5 + (image % 4);
  const turn = (image * 29) % 360;
  const shapes = Array.from(
    { length: petals },
    (_, petal) =>
      `<ellipse cx="32" cy="18" rx="9" ry="14" fill="hsl(${hue} 70% ${55 + (image % 3) * 6}%)" transform="rotate(${turn + (360 * petal) / petals} 32 32)"/>`,
  ).join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" fill="hsl(${(hue + 100) % 360} 25% 42%)"/>${shapes}<circle cx="32" cy="32" r="7" fill="hsl(45 80% 55%)"/></svg>`;
}
