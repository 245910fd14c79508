import base from './styles/base.css?inline';
import branches from './styles/branches.css?inline';
import controls from './styles/controls.css?inline';
import foot from './styles/foot.css?inline';
import text from './styles/text.css?inline';
import touch from './styles/touch.css?inline';

export const styles = [base, controls, text, branches, foot, touch].join('\n');
