export { type OnnxNormalization, type OnnxTeacher, type OnnxTeacherOptions, openOnnxTeacher } from './open.ts';
