import type { ShapeName } from './shapes.ts';
import type { TextureName } from './textures.ts';

/** `warm`: a warm figure on a cool ground; `cool`: the reverse. Both colours are in every picture. */
export type Relation = 'warm' | 'cool';

/** What makes a class of drawn pictures: all three must be seen to tell it from its neighbours. */
export interface DrawnClass {
  name: string;
  shape: ShapeName;
  texture: TextureName;
  relation: Relation;
}

/**
 * All classes, ordered so that the first n are a grid as full as can be: from 10 on, a class has neighbours that differ
 * from it in shape alone, in texture alone and in colour alone.
 */
export const DRAWN_CLASSES: readonly DrawnClass[] = [
  ...combine(['disc', 'triangle', 'cross'], ['plain', 'striped']),
  ...combine(['disc', 'triangle', 'cross'], ['checked']),
  ...combine(['square'], ['plain', 'striped', 'checked']),
];

function combine(shapes: readonly ShapeName[], textures: readonly TextureName[]): DrawnClass[] {
  const relations: readonly Relation[] = ['warm', 'cool'];
  return textures.flatMap((texture) =>
    relations.flatMap((relation) =>
      shapes.map((shape) => ({ name: `${texture}-${shape}-${relation}`, shape, texture, relation })),
    ),
  );
}
