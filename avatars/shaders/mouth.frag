// Teeth (mask: upper or lower) and, with TONGUE defined, the tongue.
void main() {
  vec3 n = normalize(vNormal), v = normalize(uCamera.xyz - vPosition);
  if (!gl_FrontFacing) n = -n;
  float depth = smoothstep(0.75, 1.42, vRest.z);
#ifdef TONGUE
  vec3 a = vec3(0.60, 0.22, 0.21) * (0.85 + 0.2 * noise(vRest * 40.0));
  float ao = depth * 0.40 + 0.03, roughness = 0.4, shine = 0.4;
#else
  float gap = abs(fract(atan(vRest.x, vRest.z - 0.95) * 11.0) - 0.5) * 2.0;
  vec3 a = vec3(0.88, 0.85, 0.79) * (1.0 - 0.14 * smoothstep(0.86, 1.0, gap));
  float gum = vMask.r > 0.5 ? vRest.y - 6.76 : 6.50 - vRest.y;
  a = mix(a, vec3(0.62, 0.30, 0.28), smoothstep(0.0, 0.05, gum));
  float ao = 0.10 + 0.62 * depth, roughness = 0.3, shine = 0.5;
#endif
  vec3 c = a * ao * (sky(n) + wrapped(dot(n, KEY), 0.3) * KEY_LIGHT * 0.8
                   + wrapped(dot(n, FILL), 0.33) * FILL_LIGHT);
  c += KEY_LIGHT * 0.2 * shine * ggx(n, v, KEY, roughness) * ao;
  oColour = vec4(shown(c), 1.0);
}
