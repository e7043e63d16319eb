export { AnswerCache } from './answer-cache.ts';
export { type OnnxNormalization, type OnnxTeacher, openOnnxTeacher } from './onnx/index.ts';
export {
  type AskedTeacher,
  openTeacher,
  type TeacherAnswer,
  type TeacherOptions,
  type TrainingBatch,
  type Tutoring,
} from './teacher.ts';
