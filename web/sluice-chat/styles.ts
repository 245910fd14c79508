import base from './styles/base.css?inline';
import controls from './styles/controls.css?inline';
import foot from './styles/foot.css?inline';
import text from './styles/text.css?inline';
import touch from './styles/touch.css?inline';

export const styles = [base, controls, text, foot, touch].join('\n');
