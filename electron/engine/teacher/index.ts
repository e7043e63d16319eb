export { AnswerCache, type AnswerDecision } from './answer-cache.ts';
export { answerBytes } from './answer-file.ts';
export { keepAnswers } from './answered-teacher.ts';
export { openNetworkTeacher } from './network-teacher.ts';
export { NO_TEACHER } from './no-teacher.ts';
export { type OnnxNormalization, type OnnxTeacherOptions, openOnnxTeacher } from './onnx/open.ts';
export type {
  ImageView,
  Teacher,
  TeacherAnswer,
  TeacherDescription,
  TeacherImages,
  TeacherOutputs,
  TeacherWish,
  TrainingBatch,
  UnlabelledImages,
} from './teacher.ts';
