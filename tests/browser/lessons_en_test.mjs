import { lessonsIn } from './lessons.mjs';

lessonsIn('en');
