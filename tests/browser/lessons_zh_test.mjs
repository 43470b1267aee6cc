import { lessonsIn } from './lessons.mjs';

lessonsIn('zh');
