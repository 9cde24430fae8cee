// A plain gradient, dithered so that it shows no bands.
in vec2 vAt;
out vec4 oColour;

void main() {
  vec3 c = mix(uBottom.rgb, uTop.rgb, vAt.y);
  float dither = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715))));
  oColour = vec4(c + (dither - 0.5) / 255.0, 1.0);
}
