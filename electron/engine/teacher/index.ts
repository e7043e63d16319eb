export { AnswerCache } from './answer-cache.ts';
export { keepAnswers } from './answered-teacher.ts';
export { openNetworkTeacher } from './network-teacher.ts';
export { type OnnxNormalization, type OnnxTeacherOptions, openOnnxTeacher } from './onnx/open.ts';
export type {
  Teacher,
  TeacherAnswer,
  TeacherDescription,
  TeacherImages,
  TeacherOutputs,
  TeacherWish,
  TrainingBatch,
} from './teacher.ts';
