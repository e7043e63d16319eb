import { z } from 'zod';
import { scheduleSchema } from './schedules.ts';

/**
 * What a method can use besides the student's logits and the targets:
 *
 * - `teacherLogits`: the teacher's logits of the same images
 * - `maps`: feature maps of teacher and student, in pairs
 * - `adapters`: with `maps`, a 1x1 convolution of its own for each pair, from the student's channels to the teacher's
 * - `lastMaps`: the last feature map of the teacher, and the student's that takes its place before the teacher's classifier
 * - `embeddings`: what enters the classifier, of teacher and student
 * - `ownEmbedding`: what enters the classifier, of the student alone
 * - `classCounts`: how many training images each class has
 * - `sampleIds`: where each image stands in its dataset
 * - `views`: each image a second time, augmented differently
 * - `rotations`: each image three more times, turned by 90, 180 and 270 degrees
 * - `unlabelled`: other images, whose labels are not known or not looked at
 */
export const METHOD_NEEDS = [
  'teacherLogits',
  'maps',
  'adapters',
  'lastMaps',
  'embeddings',
  'ownEmbedding',
  'classCounts',
  'sampleIds',
  'views',
  'rotations',
  'unlabelled',
] as const;
export type MethodNeed = (typeof METHOD_NEEDS)[number];

/** What methods learn from, in the order in which they are shown, with the heading of their settings. */
export const METHOD_FAMILIES = {
  labels: 'Learning from labels',
  answers: 'Learning from the teacher’s answers',
  features: 'Learning from the teacher’s features',
  relations: 'Learning how the teacher tells images apart',
  images: 'Learning without labels',
} as const;
export type MethodFamily = keyof typeof METHOD_FAMILIES;

/** One term of the training loss, as data only. Its code is in `electron/engine/distill/methods/`. */
export interface MethodEntry {
  /** Shown to people, before its settings and at the end of its curves. */
  readonly title: string;
  readonly family: MethodFamily;
  /** The meaning of its weight: one sentence that cites the paper. */
  readonly meaning: string;
  /** Default weight; 0: off. */
  readonly weight: number;
  readonly needs: readonly MethodNeed[];
  /** Whether it trains the classifier itself: a student needs one such method at least. */
  readonly trainsClassifier: boolean;
  /** Its own settings, each with `.meta({ title })` and `.describe()`. */
  readonly settings: z.ZodRawShape;
}

const positive = z.number().positive();
const share = z.number().min(0);

/** For methods that soften logits. */
const temperature = positive
  .default(4)
  .meta({ title: 'temperature' })
  .describe('Divides logits before they are compared; a higher one gives the wrong classes more influence.');

/** For methods that compare logits: `readAnswers` of the engine gives them z-scores in their place. */
const standardize = z
  .boolean()
  .default(false)
  .meta({ title: 'standardized' })
  .describe(
    'Whether the logits of each image are brought to mean 0 and deviation 1 before they are compared, so that the student copies their order and not their size (Sun et al. 2024); for plain distillation the authors then take a temperature of 2 and a weight of 9.',
  );

/** Every term of the training loss, in the order in which they are summed. A new method needs an entry here and a file there. */
export const METHODS = {
  crossEntropy: {
    title: 'Labels',
    family: 'labels',
    meaning: 'Weight of cross-entropy with the labels.',
    weight: 1,
    needs: [],
    trainsClassifier: true,
    settings: {},
  },
  logits: {
    title: 'Teacher’s answers',
    family: 'answers',
    meaning: "Weight of the softened Kullback-Leibler divergence from the teacher's logits (Hinton et al. 2015).",
    weight: 1,
    needs: ['teacherLogits'],
    trainsClassifier: true,
    settings: { temperature, standardize },
  },
  dkd: {
    title: 'Decoupled answers',
    family: 'answers',
    meaning:
      'Weight of decoupled distillation, which compares the probability of the right class apart from those of the others (DKD, Zhao et al. 2022); the authors let it grow over the first 20 of 240 epochs, which a `linear` schedule until 0.08 does.',
    weight: 0,
    needs: ['teacherLogits'],
    trainsClassifier: true,
    settings: {
      alpha: share
        .default(1)
        .meta({ title: 'weight of the right class' })
        .describe('How much the probability of the right class counts.'),
      beta: share
        .default(8)
        .meta({ title: 'weight of the other classes' })
        .describe(
          'How much the probabilities of the other classes among each other count; 8 is what the authors take for a MobileNetV2 that learns from a ResNet50, and 6 from a VGG13.',
        ),
      temperature,
      standardize,
    },
  },
  dist: {
    title: 'Order of the answers',
    family: 'answers',
    meaning:
      'Weight of the distance in correlation from the teacher’s probabilities, over the classes of each image and over the images of a batch (DIST, Huang et al. 2022).',
    weight: 0,
    needs: ['teacherLogits'],
    trainsClassifier: true,
    settings: {
      beta: share
        .default(1)
        .meta({ title: 'weight over the classes' })
        .describe('How much the correlation over the classes of an image counts.'),
      gamma: share
        .default(1)
        .meta({ title: 'weight over the images' })
        .describe('How much the correlation over the images of a batch counts.'),
      temperature: temperature.describe(
        'Divides logits before they are compared; the authors take 4 for small images and 1 for ImageNet.',
      ),
    },
  },
  wttm: {
    title: 'Weighted answers',
    family: 'answers',
    meaning:
      'Weight of the divergence from the teacher’s probabilities raised to a power, in which images count more where these are smooth (WTTM, Zheng & Yang 2024).',
    weight: 0,
    needs: ['teacherLogits'],
    trainsClassifier: true,
    settings: {
      gamma: positive
        .default(0.2)
        .meta({ title: 'power' })
        .describe(
          'Power of the teacher’s probabilities, the inverse of a temperature for the teacher alone; an image counts as much as the sum of these powers, which for a small power is nearly the number of classes.',
        ),
      standardize,
    },
  },
  mlkd: {
    title: 'Answers on three levels',
    family: 'answers',
    meaning:
      'Weight of multi-level logit distillation, which compares answers at temperatures from 2 to 6, image by image and by the similarities of images and of classes in a batch (MLKD, Jin et al. 2023).',
    weight: 0,
    needs: ['teacherLogits'],
    trainsClassifier: true,
    settings: { standardize },
  },
  ctkd: {
    title: 'Answers at a learned temperature',
    family: 'answers',
    meaning:
      'Weight of the softened Kullback-Leibler divergence at a temperature that learns to make the task harder (CTKD, Li et al. 2023).',
    weight: 0,
    needs: ['teacherLogits'],
    trainsClassifier: true,
    settings: {
      scope: z
        .enum(['all', 'image'])
        .default('all')
        .meta({ title: 'temperature of' })
        .describe('`all`: one temperature for all images. `image`: a small network chooses one for each.'),
      lowest: positive.default(1).meta({ title: 'lowest temperature' }).describe('Below every temperature.'),
      range: positive
        .default(20)
        .meta({ title: 'range of temperatures' })
        .describe('How far temperatures reach above the lowest.'),
      strength: share
        .default(1)
        .meta({ title: 'strength' })
        .describe('How hard the temperature works against the student in the end; 0: it stays as it is.'),
      rampEpochs: z
        .int()
        .min(1)
        .default(10)
        .meta({ title: 'epochs of growth' })
        .describe('Epochs in which the strength grows from 0, along half a cosine.'),
      standardize,
    },
  },
  sskd: {
    title: 'Answers to turned images',
    family: 'answers',
    meaning:
      'Weight of self-supervised distillation, which shows each image three more times, turned, and compares answers to them and how similar they are to the upright ones (SSKD, Xu et al. 2020); a step takes four times as long.',
    weight: 0,
    needs: ['teacherLogits', 'embeddings', 'rotations'],
    trainsClassifier: false,
    settings: {
      transformed: share
        .default(2.7)
        .meta({ title: 'weight of the answers' })
        .describe('How much answers to turned images count; the authors take 0.9 for those to upright ones.'),
      contrast: share
        .default(10)
        .meta({ title: 'weight of the similarities' })
        .describe('How much the similarities between turned and upright images count.'),
      temperature,
      contrastTemperature: positive
        .default(0.5)
        .meta({ title: 'temperature of the similarities' })
        .describe('Divides similarities before they are compared.'),
      keep: share
        .max(1)
        .default(0.75)
        .meta({ title: 'share of mistakes' })
        .describe('Share of the turned images that the teacher takes for another from whose similarities is learned.'),
      length: z
        .int()
        .min(1)
        .default(128)
        .meta({ title: 'length of the embeddings' })
        .describe('What embeddings of student and teacher are brought to before similarities are taken.'),
      headEpochs: z
        .int()
        .min(0)
        .default(5)
        .meta({ title: 'epochs of the teacher’s head' })
        .describe(
          'Epochs in which the teacher’s part learns to know turned images, before the student learns from it.',
        ),
      standardize,
    },
  },
  features: {
    title: 'Teacher’s features',
    family: 'features',
    meaning:
      'Weight of the L2 distance between adapted student features and teacher features (FitNets, Romero et al. 2015).',
    weight: 0,
    needs: ['maps', 'adapters'],
    trainsClassifier: false,
    settings: {
      scale: z
        .enum(['relative', 'absolute'])
        .default('relative')
        .meta({ title: 'unit of the distance' })
        .describe(
          "Unit of the L2 distance: `relative` to the mean square of the teacher's features, so the weight means the same for every teacher, or `absolute`, as published.",
        ),
    },
  },
  attention: {
    title: 'Teacher’s attention',
    family: 'features',
    meaning: 'Weight of attention transfer (Zagoruyko & Komodakis 2017).',
    weight: 0,
    needs: ['maps'],
    trainsClassifier: false,
    settings: {
      power: positive.default(2).meta({ title: 'norm' }).describe('Norm of the distance between attention maps.'),
    },
  },
  reviewkd: {
    title: 'Review of features',
    family: 'features',
    meaning:
      'Weight of knowledge review, which fuses the student’s levels from the deepest up and compares them at several scales (ReviewKD, Chen et al. 2021, who weigh it with 0.6 to 8).',
    weight: 6,
    needs: ['maps', 'adapters'],
    trainsClassifier: false,
    settings: {
      channels: z
        .int()
        .min(1)
        .default(64)
        .meta({ title: 'channels of the fusion' })
        .describe(
          'Channels in which levels are fused; the work grows with them. The authors take as many as the student’s deepest map has, up to 512.',
        ),
    },
  },
  nst: {
    title: 'Selectivity of channels',
    family: 'features',
    meaning:
      'Weight of neuron selectivity transfer with the polynomial kernel (NST, Huang & Wang 2017, who weigh it with 50).',
    weight: 0,
    needs: ['maps'],
    trainsClassifier: false,
    settings: {},
  },
  vid: {
    title: 'Likelihood of features',
    family: 'features',
    meaning:
      'Weight of variational information distillation, which learns how far each channel can be predicted (VID, Ahn et al. 2019).',
    weight: 0,
    needs: ['maps', 'adapters'],
    trainsClassifier: false,
    settings: {},
  },
  norm: {
    title: 'Many features to one',
    family: 'features',
    meaning:
      'Weight of N-to-one representation matching: several maps made of the student’s deepest are each compared with the teacher’s (NORM, Liu et al. 2023, whose second layer is left out: it would stay in the student).',
    weight: 0,
    needs: ['maps', 'adapters'],
    trainsClassifier: false,
    settings: {
      copies: z
        .int()
        .min(1)
        .default(8)
        .meta({ title: 'maps of the student' })
        .describe('How many maps are made of the student’s, the N of its name.'),
    },
  },
  fsp: {
    title: 'Flow between levels',
    family: 'features',
    meaning:
      'Weight of the difference of the products of one level’s channels with the next level’s (FSP, Yim et al. 2017); it takes two pairs of feature maps at least.',
    weight: 0,
    needs: ['maps', 'adapters'],
    trainsClassifier: false,
    settings: {},
  },
  ofd: {
    title: 'Active features',
    family: 'features',
    meaning:
      'Weight of the L2 distance that leaves the student free where the teacher’s features are below 0 (OFD, Heo et al. 2019); here a mean, where the authors sum and weigh it with 0.001.',
    weight: 0,
    needs: ['maps', 'adapters'],
    trainsClassifier: false,
    settings: {},
  },
  simkd: {
    title: 'Teacher’s classifier reused',
    family: 'features',
    meaning:
      'Weight of the L2 distance between the map that enters the teacher’s classifier in the student and in the teacher (SimKD, Chen et al. 2022, who learn with it alone, weight 1); it takes `student.head` `teacher`.',
    weight: 0,
    needs: ['lastMaps'],
    trainsClassifier: true, // It comes trained.
    settings: {},
  },
  sp: {
    title: 'Similarities of images',
    family: 'relations',
    meaning:
      'Weight of similarity-preserving distillation, from the deepest pair of feature maps (SP, Tung & Mori 2019, who weigh it with 3000).',
    weight: 0,
    needs: ['maps'],
    trainsClassifier: false,
    settings: {},
  },
  rkd: {
    title: 'Distances and angles',
    family: 'relations',
    meaning:
      'Weight of relational distillation, from embeddings (RKD, Park et al. 2019, who weigh it with 25 for classifiers, and with 1 for embeddings).',
    weight: 0,
    needs: ['embeddings'],
    trainsClassifier: false,
    settings: {
      distance: share.default(1).meta({ title: 'distances' }).describe('Share of the distances between two images.'),
      angle: share
        .default(2)
        .meta({ title: 'angles' })
        .describe(
          'Share of the angles between three images; 0 saves their work, which grows with the cube of the batch.',
        ),
    },
  },
  pkt: {
    title: 'Neighbourhoods of images',
    family: 'relations',
    meaning:
      'Weight of probabilistic knowledge transfer, from embeddings (PKT, Passalis & Tefas 2018); the usual 30000 of a mean over all pairs is about 470 here, with 64 images in a batch.',
    weight: 0,
    needs: ['embeddings'],
    trainsClassifier: false,
    settings: {},
  },
  itrd: {
    title: 'Correlations of features',
    family: 'relations',
    meaning:
      'Weight of information-theoretic distillation, from embeddings (ITRD, Miles et al. 2022); it is a logarithm, and falls below 0.',
    weight: 0,
    needs: ['embeddings'],
    trainsClassifier: false,
    settings: {
      correlation: share
        .default(2)
        .meta({ title: 'correlation' })
        .describe('Share of the correlation between student and teacher in each dimension.'),
      alpha: z
        .number()
        .min(1)
        .default(1.5)
        .meta({ title: 'exponent of the correlation' })
        .describe(
          'A higher one looks more at the dimensions that correlate least; the authors take 1.5 where the architectures differ, else 1.01.',
        ),
      information: share
        .default(0.05)
        .meta({ title: 'mutual information' })
        .describe(
          'Share of the mutual information of the similarities between images; the authors take 0.05 where the architectures differ, else 1.',
        ),
    },
  },
  crd: {
    title: 'Contrast with other images',
    family: 'relations',
    meaning:
      'Weight of contrastive representation distillation, from embeddings (CRD, Tian et al. 2020, who weigh it with 0.8).',
    weight: 0,
    needs: ['embeddings', 'sampleIds'],
    trainsClassifier: false,
    settings: {
      temperature: positive
        .default(0.07)
        .meta({ title: 'temperature' })
        .describe('Divides similarities; a lower one looks more at the images that are hard to tell apart.'),
      length: z
        .int()
        .min(1)
        .default(128)
        .meta({ title: 'length of the embeddings' })
        .describe('What embeddings of student and teacher are brought to before they are compared.'),
      negatives: z
        .int()
        .min(1)
        .default(1024)
        .meta({ title: 'other images in a step' })
        .describe(
          'Remembered images that those of a batch are told from, rounded up to whole batches; the work grows with them. The authors take 16384 for each image, here they are the same for the whole batch.',
        ),
      bank: z
        .int()
        .min(1)
        .max(1_000_000)
        .default(16_384)
        .meta({ title: 'images in memory' })
        .describe(
          'Most images that are remembered: those that were seen last, each about once. Each adds 8 bytes for each number of its embedding to memory and to every checkpoint: 16384 of 128 numbers are 16 MiB.',
        ),
    },
  },
  queue: {
    title: 'Likeness to other images',
    family: 'relations',
    meaning:
      'Weight of the divergence between how similar an image is to remembered ones for the teacher and for the student, from embeddings (SEED, Fang et al. 2021; CompRess, Abbasi Koohpayegani et al. 2020); it uses no labels.',
    weight: 0,
    needs: ['embeddings'],
    trainsClassifier: false,
    settings: {
      temperature: positive
        .default(0.07)
        .meta({ title: 'temperature' })
        .describe('Divides the student’s similarities; a lower one looks more at the images that are most alike.'),
      teacherTemperature: positive
        .default(0.07)
        .meta({ title: 'temperature of the teacher' })
        .describe('Divides the teacher’s similarities.'),
      size: z
        .int()
        .min(1)
        .max(1_000_000)
        .nullable()
        .default(null)
        .meta({ title: 'images in memory' })
        .describe(
          'Images whose embeddings by the teacher are remembered, those that were seen last; null: 256 for up to 1000 training images, 1024 up to 4000, 2048 up to 10000, 4096 up to 20000, else 8192. Each adds 4 bytes for each number of its embedding to memory and to every checkpoint.',
        ),
    },
  },
  unlabelled: {
    title: 'Answers without labels',
    family: 'images',
    meaning:
      'Weight of the divergence from the teacher’s answers to images without labels, of which each batch has a share of its own; teacher and student see the same view of them (FunMatch, Beyer et al. 2022; SSLD, Cui et al. 2021). Training images take part as well, as if they had no labels.',
    weight: 0,
    needs: ['teacherLogits', 'unlabelled'],
    trainsClassifier: true,
    settings: {
      share: positive
        .max(16)
        .default(1)
        .meta({ title: 'images for each labelled one' })
        .describe('How many images without labels a batch has for each labelled one; a step takes longer by as much.'),
      divergence: z
        .enum(['kl', 'js'])
        .default('kl')
        .meta({ title: 'divergence' })
        .describe('`kl`: Kullback-Leibler, from the teacher’s answers. `js`: Jensen-Shannon, from the mean of both.'),
      temperature,
      mixup: z
        .boolean()
        .default(true)
        .meta({ title: 'mixed images' })
        .describe('Whether each image is mixed with another one, in a proportion drawn for each batch.'),
    },
  },
  simclr: {
    title: 'Two views of an image',
    family: 'images',
    meaning:
      'Weight of contrastive learning: embeddings of two views of an image are brought together, and those of different images apart (SimCLR, Chen et al. 2020); it uses neither labels nor a teacher, and a step takes twice as long.',
    weight: 0,
    needs: ['ownEmbedding', 'views'],
    trainsClassifier: false,
    settings: {
      temperature: positive
        .default(0.5)
        .meta({ title: 'temperature' })
        .describe('Divides similarities; a lower one looks more at the images that are hard to tell apart.'),
      hidden: z
        .int()
        .min(1)
        .default(512)
        .meta({ title: 'width of the head' })
        .describe(
          'Numbers between the two layers of the head that embeddings pass before they are compared; the authors take as many as the embedding has. The head is not part of the network.',
        ),
      length: z
        .int()
        .min(1)
        .default(128)
        .meta({ title: 'length of the embeddings' })
        .describe('Numbers that embeddings are brought to before they are compared.'),
    },
  },
} as const satisfies Record<string, MethodEntry>;

export type MethodName = keyof typeof METHODS;
/** In the order of the table. */
export const METHOD_NAMES = Object.keys(METHODS) as MethodName[]; // The table's own keys.

const TEACHER_NEEDS: ReadonlySet<MethodNeed> = new Set(['teacherLogits', 'maps', 'lastMaps', 'embeddings']);

/** Whether a method learns from a teacher; the others learn from labels or images alone. */
export function needsTeacher({ needs }: Pick<MethodEntry, 'needs'>): boolean {
  return needs.some((need) => TEACHER_NEEDS.has(need));
}

/** Whether one of these methods learns from what the teacher makes of second views. */
export function teachesViews(names: readonly MethodName[]): boolean {
  return names.some((name) => needsTeacher(METHODS[name]) && (METHODS[name] as MethodEntry).needs.includes('views'));
}

/** Weight, schedule and own settings of one method. */
function methodSchema<Entry extends MethodEntry>(entry: Entry) {
  // Weights without a teacher give way to those with one, where they are scheduled.
  const [from, to] = needsTeacher(entry) ? [0, 1] : [1, 0];
  return z
    .strictObject({
      weight: z.number().min(0).default(entry.weight).meta({ title: 'weight' }).describe(entry.meaning),
      ...(entry.settings as Entry['settings']),
      schedule: scheduleSchema({ from, to }),
    })
    .prefault({} as never); // Every key has a default, which the compiler cannot see through the generic entry.
}

type MethodSchemas = { [Name in MethodName]: ReturnType<typeof methodSchema<(typeof METHODS)[Name]>> };

/** The schema of each method's settings, by name. */
export const METHOD_SCHEMAS = Object.fromEntries(
  METHOD_NAMES.map((name) => [name, methodSchema(METHODS[name])]),
) as MethodSchemas; // One schema for each key of the table, made by the same function.

/** Settings of every method. */
export type MethodSettings = { [Name in MethodName]: z.infer<MethodSchemas[Name]> };

/** Names of the methods that count under these settings: those of weight above 0. */
export function listActiveMethods(settings: Pick<MethodSettings, MethodName>): MethodName[] {
  return METHOD_NAMES.filter((name) => settings[name].weight > 0);
}

/** Everything that methods with a weight above 0 use. */
export function findNeeds(settings: Pick<MethodSettings, MethodName>): ReadonlySet<MethodNeed> {
  return new Set(listActiveMethods(settings).flatMap((name): readonly MethodNeed[] => METHODS[name].needs));
}

/** Names of methods with a weight above 0 that compare feature maps. */
export function listMapMethods(settings: Pick<MethodSettings, MethodName>): MethodName[] {
  return listActiveMethods(settings).filter((name) => (METHODS[name] as MethodEntry).needs.includes('maps'));
}

/** What a network without feature maps, such as an integer network, can provide. */
const NEEDS_OF_LOGITS: ReadonlySet<MethodNeed> = new Set(['teacherLogits', 'classCounts', 'sampleIds']);

/** The same settings for a network with only logits: other methods are off, schedules constant. */
export function keepLogitMethods(settings: MethodSettings): MethodSettings {
  const kept = METHOD_NAMES.map((name) => {
    const method = settings[name];
    const works = METHODS[name].needs.every((need) => NEEDS_OF_LOGITS.has(need));
    return [
      name,
      { ...method, weight: works ? method.weight : 0, schedule: { ...method.schedule, shape: 'constant' } },
    ];
  });
  return Object.fromEntries(kept) as MethodSettings; // The same keys, with values of the same shapes.
}

/** Settings under which a network learns from the labels alone. */
export function learnFromLabels(settings: MethodSettings): MethodSettings {
  const { crossEntropy } = settings;
  const off = METHOD_NAMES.map((name) => [name, { ...settings[name], weight: 0 }]);
  return {
    ...(Object.fromEntries(off) as MethodSettings), // The same keys.
    crossEntropy: { ...crossEntropy, weight: 1, schedule: { ...crossEntropy.schedule, shape: 'constant' } },
  };
}

/** Whether anything is learned from a teacher. */
export function learnsFromTeacher(settings: Pick<MethodSettings, MethodName>): boolean {
  return listActiveMethods(settings).some((name) => needsTeacher(METHODS[name]));
}

/** Whether labels are all that is learned from. */
export function learnsFromLabelsAlone(settings: Pick<MethodSettings, MethodName>): boolean {
  return listActiveMethods(settings).every((name) => name === 'crossEntropy');
}
